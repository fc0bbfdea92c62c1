from signal import SIGINT
from types import SimpleNamespace

import pytest
from torch.distributed.elastic.agent.server.local_elastic_agent import LocalElasticAgent
from torch.distributed.elastic.multiprocessing import SignalException

from stages.elastic import Agent


def test_who_is_done_may_be_stopped_while_it_waits_for_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waited = []

    def barrier(agent: Agent) -> None:
        waited.append(agent)
        raise SignalException("stopped", SIGINT)

    monkeypatch.setattr(LocalElasticAgent, "_exit_barrier", barrier)
    agent = object.__new__(Agent)
    for machines, said in ((2, "done on this machine; waits until the others are\n"), (1, "")):
        agent._worker_group = SimpleNamespace(group_world_size=machines)  # type: ignore[assignment]
        agent._exit_barrier()
        assert capsys.readouterr().out == said
    assert len(waited) == 2
