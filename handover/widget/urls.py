"""Addresses of the side panel, under /widget/."""

from django.urls import path

from handover.widget import views

app_name = "widget"
urlpatterns = [
    path("<str:token>", views.page, name="page"),
    path("<str:token>/live", views.live, name="live"),
    path("<str:token>/do/<slug:name>", views.act, name="act"),
]
