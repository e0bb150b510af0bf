"""A platform that never was, with known truth: for the demo, and for tests that need to know what is true.

    World ──▶ life (two_sided or memoryless) ──▶ happenings ──▶ devices ──▶ delivery ──▶ JSONL
                │                                                                └▶ truth: what was so, row by row
                └ hidden_chain: the law the creators live by ──▶ conditional_risk: the ceiling
"""

from fancare.events.simulator.report import SimulationReport
from fancare.events.simulator.simulate import simulate
from fancare.events.simulator.world import EVENT_NAMES, World
from fancare.events.simulator.worlds import WORLDS

__all__ = ["EVENT_NAMES", "WORLDS", "SimulationReport", "World", "simulate"]
