"""The redirect service: finds a link, keeps the click, sends the visitor on."""
