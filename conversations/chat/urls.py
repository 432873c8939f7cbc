"""Addresses of the web chat, under /chat/."""

from django.urls import path

from conversations.chat import views

app_name = "chat"
urlpatterns = [
    path("<slug:public_id>", views.to_page),
    path("<slug:public_id>/", views.page, name="page"),
    path("<slug:public_id>/theme.css", views.theme, name="theme"),
    path("<slug:public_id>/widget.js", views.widget, name="widget"),
    path("<slug:public_id>/session", views.session, name="session"),
    path("<slug:public_id>/feed", views.feed, name="feed"),
    path("<slug:public_id>/files/<int:number>", views.file, name="file"),
]
