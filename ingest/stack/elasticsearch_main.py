"""The child process that is an Elasticsearch node: a JVM inside Python, because no registry has the launcher.

    python -m ingest.stack.elasticsearch_main LIBJVM HOME SETTINGS_JSON

It ends when its standard input is closed, which also happens when its parent dies.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import jpype

_HEAP = ("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC")


def main(libjvm: str, home: str, settings: dict[str, str]) -> None:
    """Start a node and keep it until standard input ends."""
    jpype.startJVM(
        libjvm,
        *_HEAP,
        f"-Des.path.home={home}",
        "--enable-native-access=ALL-UNNAMED",
        classpath=[f"{home}/lib/*"],
        convertStrings=True,
    )
    node = _node(settings, home)
    node.start()
    sys.stdin.buffer.read()
    node.close()
    jpype.shutdownJVM()


def _node(settings: dict[str, str], home: str) -> Any:
    """The same steps as ``org.elasticsearch.bootstrap.Elasticsearch`` takes, without its security set-up.

    Classes are named one by one: ``jpype.imports`` would open the jars as file systems, and Elasticsearch could not.
    """
    HashMap = jpype.JClass("java.util.HashMap")  # noqa: N806  Java classes keep their names
    Settings = jpype.JClass("org.elasticsearch.common.settings.Settings")  # noqa: N806
    PluginsLoader = jpype.JClass("org.elasticsearch.plugins.PluginsLoader")  # noqa: N806
    jpype.JClass("org.elasticsearch.common.logging.LogConfigurator").configureESLogging()
    builder = Settings.builder()
    for key, value in settings.items():
        builder.put(key, value)
    name = jpype.JProxy("java.util.function.Supplier", dict={"get": lambda: settings["node.name"]})
    config = jpype.JClass("java.nio.file.Path").of(home, "config")
    preparer = jpype.JClass("org.elasticsearch.node.InternalSettingsPreparer")
    environment = preparer.prepareEnvironment(builder.build(), HashMap(), config, name)
    loader = PluginsLoader.createPluginsLoader(
        PluginsLoader.loadModulesBundles(environment.modulesDir(), False),  # noqa: FBT003  Java has no keywords
        PluginsLoader.loadPluginsBundles(environment.pluginsDir(), False),  # noqa: FBT003
        HashMap(),
        False,  # noqa: FBT003
    )
    return jpype.JClass("org.elasticsearch.node.Node")(environment, loader)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
