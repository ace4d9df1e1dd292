"""Import of user files as datasets: sources, formats, data checks and the build."""
