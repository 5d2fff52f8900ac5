"""Session tokens, for the services that mint and verify them; to a client a token is opaque."""
