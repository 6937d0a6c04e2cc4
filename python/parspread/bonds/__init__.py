"""Bonds: cash flows, street yields and spread measures."""
