"""Write the dashboards of Grafana: `python -m observability`, which `make docs` runs."""

from observability.build import DIRECTORY, files


def main() -> None:
    """Write each dashboard whose content has changed."""
    for name, text in files().items():
        path = DIRECTORY / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
