"""The pages, the REST interface and the `dealflow` command. Only this room knows HTTP."""
