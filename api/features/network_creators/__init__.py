"""What a partner does at the network as a creator, through the brand whose partner they are."""
