"""Open an ONNX network on one thread: a worker's processor is already one of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnxruntime


def open_session(network: bytes, settings: Mapping[str, str] | None = None) -> Any:
    """Return a session of ONNX Runtime; `settings` are entries of its configuration."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    for name, value in (settings or {}).items():
        options.add_session_config_entry(name, value)
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
