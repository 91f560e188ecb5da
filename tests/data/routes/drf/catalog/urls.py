from django.urls import include, path
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework_nested import routers

from catalog import views

router = DefaultRouter()
router.register(r"products", views.ProductViewSet)
router.register("readers", views.ReadOnly, basename="reader")

notes = routers.NestedSimpleRouter(router, r"products", lookup="product")
notes.register(r"notes", views.NoteViewSet, basename="product-notes")

flat = SimpleRouter(trailing_slash=False)
flat.register("basic", views.Basic, basename="basic")

app_name = "catalog"
urlpatterns = [
    path("", include(router.urls)),
    path("", include(notes.urls)),
    path("flat/", include(flat.urls)),
    path("list/", views.ProductList.as_view()),
    path("list/<int:pk>/", views.ProductDetail.as_view()),
    path("stats/", views.Stats.as_view()),
    path("both/", views.both),
    path("manual/<int:pk>/", views.ProductViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
]
