"""Makes the pages of the site: the documentation as it stands, and pages that are written from the code."""
