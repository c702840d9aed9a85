"""The world outside, one module for each server or medium. Only these import clients."""
