"""How the data that ships with the packages was made. Imports them; nothing imports it."""
