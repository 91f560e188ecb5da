from django.urls import path
from rest_framework.routers import SimpleRouter

from catalog import views

router = SimpleRouter()
router.register("basics", views.Basic, basename="basics")

urlpatterns = router.urls + [path("stats/", views.Stats.as_view())]
