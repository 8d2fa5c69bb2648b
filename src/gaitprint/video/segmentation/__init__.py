"""What segmenters are made of: square crops and the way back, landmarks, the largest piece, people kept apart."""
