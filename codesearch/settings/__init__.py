"""What is settled before a command is typed: files of the user and of the repository, read and checked."""
