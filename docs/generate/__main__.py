"""Write the generated reference pages: `python -m docs.generate`, which `make docs` runs."""

from docs.generate.pages import pages
from docs.generate.source import ROOT


def main() -> None:
    """Write each page whose text has changed."""
    for name, text in pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
