from django.db import models


class Product(models.Model):
    name = models.TextField()


class Note(models.Model):
    text = models.TextField()
