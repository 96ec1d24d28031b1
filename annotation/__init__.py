"""How people turn sound into text: vendors, routes and answers. Removable in principle."""
