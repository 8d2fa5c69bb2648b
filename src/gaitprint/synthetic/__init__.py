"""People drawn in code: traits, gait, bodies, camera, silhouettes."""
