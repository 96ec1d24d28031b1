"""What is to be collected."""
