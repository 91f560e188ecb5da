class Settings:
    DEBUG = False
