"""Session tokens, for the services that mint and verify them."""
