"""Gateways: processes that take what an outside party sends over the network and write it to Kafka. Nothing is judged here.

A gateway only listens to a copy: it is never in line, so if it fails, no customer waits. It says that a message is safe
after the broker said so, and not before; whatever was not said to be safe is sent again, and comes out under the same event id.
"""
