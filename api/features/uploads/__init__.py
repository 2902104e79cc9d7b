"""Uploads: the pictures that brands bring, and everybody may see."""
