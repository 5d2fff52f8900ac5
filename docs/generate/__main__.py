"""Write the generated reference pages: `python -m docs.generate`, which `make docs` runs."""

from docs.generate.pages import REFERENCE, pages


def main() -> None:
    """Write each page whose text has changed."""
    for name, text in pages().items():
        path = REFERENCE / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
