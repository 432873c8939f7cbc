"""Read an action from the database into the frozen value that is run."""

from agents.actions.action import ActionBrief
from agents.models import Action


def action_brief(action: Action) -> ActionBrief:
    """The action with those of its secrets that were entered for the address it calls."""
    writes = action.kind == Action.Kind.WRITING
    return ActionBrief(
        id=action.pk,
        slug=action.slug,
        name=action.name,
        description=action.description,
        writes=writes,
        needs_approval=writes and action.run != Action.Run.AUTOMATIC,
        method=action.method,
        url=action.url,
        query=action.query,
        body=action.body,
        headers=action.headers,
        schema=action.arguments,
        seconds=action.seconds,
        outputs=tuple(action.outputs),
        secrets={secret.name: secret.value for secret in action.secrets.all() if secret.fits},
    )
