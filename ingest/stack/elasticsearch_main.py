"""The child process that is an Elasticsearch node: a JVM inside Python, because no registry has the launcher.

python -m ingest.stack.elasticsearch_main LIBJVM HOME SETTINGS_JSON
"""

from __future__ import annotations

import json
import sys
from typing import Any

import jpype

from ingest.stack.jvm_child import serve

_HEAP = ("-Xms512m", "-Xmx512m")


def main(libjvm: str, home: str, settings: dict[str, str]) -> None:
    """Run a node until SIGTERM."""
    serve(
        libjvm,
        (*_HEAP, f"-Des.path.home={home}", f"-Djava.io.tmpdir={home}/temporary"),
        [f"{home}/lib/*"],
        lambda: _start(home, settings),
        lambda node: node.close(),
    )


def _start(home: str, settings: dict[str, str]) -> Any:
    """The same steps as ``org.elasticsearch.bootstrap.Elasticsearch`` takes, without its security set-up.

    Classes are named one by one: ``jpype.imports`` would open the jars as file systems, which the node then cannot.
    """
    Settings = jpype.JClass("org.elasticsearch.common.settings.Settings")  # noqa: N806  Java classes keep their names
    Loader = jpype.JClass("org.elasticsearch.plugins.PluginsLoader")  # noqa: N806
    HashMap = jpype.JClass("java.util.HashMap")  # noqa: N806
    jpype.JClass("org.elasticsearch.common.logging.LogConfigurator").configureESLogging()
    builder = Settings.builder()
    for key, value in settings.items():
        builder.put(key, value)
    name = jpype.JProxy("java.util.function.Supplier", dict={"get": lambda: settings["node.name"]})
    config = jpype.JClass("java.nio.file.Path").of(home, "config")
    preparer = jpype.JClass("org.elasticsearch.node.InternalSettingsPreparer")
    environment = preparer.prepareEnvironment(builder.build(), HashMap(), config, name)
    loader = Loader.createPluginsLoader(
        Loader.loadModulesBundles(environment.modulesDir(), False),  # noqa: FBT003  Java has no keywords
        Loader.loadPluginsBundles(environment.pluginsDir(), False),  # noqa: FBT003
        HashMap(),
        # No server exports: the server is on the class path here, not a module.
        False,  # noqa: FBT003
    )
    node = jpype.JClass("org.elasticsearch.node.Node")(environment, loader)
    node.start()
    return node


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
