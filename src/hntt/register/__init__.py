"""The register of the province: models, loader with source positions, findings and laws."""
