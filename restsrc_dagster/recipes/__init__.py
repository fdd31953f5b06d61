"""Complete connectors of well-known APIs: a JSON file each, and reading them.

recipe      what a recipe says of itself, and the recipes that there are
chosen      some of its resources, under another name
*.json      the recipes, by name
"""
