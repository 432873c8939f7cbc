"""Zendesk, through its Ticketing API: https://developer.zendesk.com/api-reference/"""
