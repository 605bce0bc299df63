"""Notebooks that are opened again: live figures whose kernel is gone show their stored pictures.

A live figure is stored twice in a saved notebook: as a picture, and as the number of a widget that
lives in the kernel. JupyterLab takes the widget, and where its kernel has ended says
"Error displaying widget". So a notebook without a kernel is handed out without these numbers. The
file itself stays as it is.
"""

from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SEEN_WITHOUT_KERNEL = ("image/png", "text/html")


def show_stored_pictures(notebook: dict[str, Any]) -> None:
    """Take widgets out of a notebook's outputs, in place, where something else can be seen instead.

    Parameters
    ----------
    notebook : a notebook of format 4; what is not as the format says is left alone
    """
    for cell in notebook.get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET_VIEW in data and any(kind in data for kind in SEEN_WITHOUT_KERNEL):
                del data[WIDGET_VIEW]


class Notebooks(AsyncLargeFileManager):
    """JupyterLab's files, where notebooks without a kernel show pictures for live figures."""

    async def get(self, path: str, *details: Any, **named_details: Any) -> dict[str, Any]:
        """Read a file or folder, as JupyterLab asks for it."""
        model: dict[str, Any] = await super().get(path, *details, **named_details)
        if model["type"] == "notebook" and model["content"] and not await self._has_kernel(path):
            show_stored_pictures(model["content"])
        return model

    async def _has_kernel(self, path: str) -> bool:
        """Tell whether a kernel runs for a notebook: then its widgets live, too."""
        server: Any = self.parent
        sessions = await server.session_manager.list_sessions()
        return any(session["path"].strip("/") == path.strip("/") for session in sessions)


__all__ = ["Notebooks", "show_stored_pictures"]
