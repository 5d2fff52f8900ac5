"""The pages of docs/reference that are generated from the code. `make docs` writes them."""
