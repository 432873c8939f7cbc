from django.urls import path

from contacts.api.views import ContactDetail, Contacts, Memories, MemoryDetail

urlpatterns = [
    path("agents/<int:agent_id>/contacts", Contacts.as_view()),
    path("contacts/<int:contact_id>", ContactDetail.as_view()),
    path("contacts/<int:contact_id>/memories", Memories.as_view()),
    path("contacts/<int:contact_id>/memories/<int:memory_id>", MemoryDetail.as_view()),
]
