from django.http import HttpResponse
from django.views import View
from rest_framework import generics, mixins, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Note, Product


def login(request):
    return HttpResponse()


def archive(request, year=None, page=None):
    return HttpResponse()


def search(request, term):
    return HttpResponse()


class Ping(View):
    def get(self, request):
        return HttpResponse()


class ProductViewSet(viewsets.ModelViewSet):
    queryset = Product.objects.all()

    @action(detail=True, methods=["post", "delete"])
    def publish(self, request, pk=None):
        return Response()

    @action(detail=False, url_path="best-sellers")
    def best(self, request):
        return Response()

    @action(detail=True, url_path=r"parts/(?P<part>\d+)")
    def parts(self, request, pk=None, part=None):
        return Response()

    @publish.mapping.put
    def republish(self, request, pk=None):
        return Response()


class ReadOnly(viewsets.ReadOnlyModelViewSet):
    queryset = Product.objects.all()
    lookup_field = "slug"


class NoteViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
    queryset = Note.objects.all()


class Basic(viewsets.ViewSet):
    def list(self, request):
        return Response()

    def destroy(self, request, pk=None):
        return Response()


class ProductList(generics.ListCreateAPIView):
    queryset = Product.objects.all()


class ProductDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Product.objects.all()


class Stats(APIView):
    def get(self, request):
        return Response()

    def post(self, request):
        return Response()


@api_view(["GET", "POST"])
def both(request):
    return Response()
