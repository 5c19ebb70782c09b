"""Judging: fixed suites, graders, the run over an injected ``answer``, and the gate. Knows no engine, agent or HTTP."""
