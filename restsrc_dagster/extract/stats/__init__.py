"""What is counted while a connector is read.

traffic         what the requests of a resource cost
waits           what the requests wait for, and for how long
ticker          a line every few seconds while something takes long
"""
