from django.urls import include, path, re_path
from rest_framework.urlpatterns import format_suffix_patterns

from catalog import views

accounts = ([path("login/", views.login, name="login"), path("logout/", views.login, name="logout")], "accounts")

urlpatterns = [
    path("api/", include(("catalog.urls", "catalog"), namespace="v1")),
    path("api/v2/", include("catalog.more")),
    path("accounts/", include(accounts, namespace="accounts")),
    re_path(r"^archive/(?P<year>[0-9]{4})/(?:page-(?P<page>\d+)/)?$", views.archive),
    path("ping/", views.Ping.as_view()),
    path("search/<path:term>", views.search),
]
urlpatterns += [path("extra/", views.archive)]
