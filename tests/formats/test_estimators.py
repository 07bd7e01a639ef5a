"""Fitted models of scikit-learn in the formats that hold any object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optional import needs
from same import same
from scitex_io import load, save

needs("sklearn")
from sklearn.compose import ColumnTransformer  # noqa: E402  # behind the skip
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.ensemble import RandomForestClassifier  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler  # noqa: E402

X = np.random.default_rng(0).random((60, 4))
Y = np.where(X[:, 0] > 0.5, "high", "low")
MODELS: dict[str, Any] = {
    "forest": RandomForestClassifier(n_estimators=5, random_state=0),
    "pipeline": make_pipeline(FunctionTransformer(np.log1p), StandardScaler(), PCA(2), LogisticRegression()),
    "columns": make_pipeline(
        ColumnTransformer([("one", OneHotEncoder(handle_unknown="ignore"), [0]), ("rest", StandardScaler(), [1, 2])]),
        LogisticRegression(),
    ),
    "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
}


@pytest.mark.parametrize("name", ["a.joblib", "a.pkl", "a.pkl.gz", "a.joblib.zst"])
@pytest.mark.parametrize("model", MODELS)
def test_a_fitted_model_predicts_the_same(model: str, name: str, tmp_path: Path) -> None:
    fitted = MODELS[model].fit(X, Y)

    path = save(fitted, tmp_path / name)

    for loaded in (load(path), load(path)):
        assert type(loaded) is type(fitted)
        assert same(loaded.predict_proba(X), fitted.predict_proba(X))
        assert loaded.predict(X).tolist() == fitted.predict(X).tolist()
