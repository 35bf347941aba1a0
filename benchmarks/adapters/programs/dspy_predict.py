"""DSPy: a prediction from a log. Argument: plain or optimized."""

import json
import os
import sys
from pathlib import Path

import dspy

material = json.loads(Path("material.json").read_text())
options = {"api_base": os.environ["BASE"] + "/v1", "api_key": os.environ["KEY"], "cache": False}
if sys.argv[1] == "optimized":
    from token_optimizer.adapters.dspy import OptimizedLM

    model = OptimizedLM("openai/gpt-4o", optimizer={"target_reduction": 0.5}, **options)
else:
    model = dspy.LM("openai/gpt-4o", **options)
dspy.configure(lm=model)
predict = dspy.Predict("log, question -> answer")
print(json.dumps([predict(log=material["log"], question=material["questions"][0]).answer]))
