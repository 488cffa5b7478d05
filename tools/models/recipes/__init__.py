"""How each small model is made: data, training, exam and card."""
