"""The image built from a clean checkout, and run as docker-compose.yml and the Kubernetes files say."""
