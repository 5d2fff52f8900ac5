"""What an archive is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_wire.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """`data_dir` holds log.txt, and the index too unless `index_url` names another database."""

    instance: str
    public_key: str
    data_dir: Path
    index_url: str


def archive_settings(environ: Mapping[str, str], instance: str) -> ArchiveSettings:
    """Read the archive's own settings; raises SettingError."""
    data_dir = Path(setting(environ, "DATA_DIR")).absolute()
    return ArchiveSettings(
        instance=instance,
        public_key=setting(environ, "TOKEN_PUBLIC_KEY"),
        data_dir=data_dir,
        index_url=setting(environ, "INDEX_URL", f"sqlite:///{data_dir / 'index.sqlite'}"),
    )
