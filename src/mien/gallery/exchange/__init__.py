"""How people leave a home and come into another: archives, tables of embeddings, contact sheets."""
