"""What an eager tape shows: the steps of a tape script, and the model that predicts `.grad`."""
