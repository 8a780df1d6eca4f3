"""Who calls: bearer tokens, the uid in a path, and what is answered to whoever may not.

    @app.get("/users/<uid>/meetings/<doc_id>")          Flask; a Starlette handler is written `(request, uid)`
    @auth.authenticate(auth.Tokens(key, algorithms=("RS256",), audience="shop"))
    def meeting(doc_id, uid): ...

no token, a forged or an old one    →  401 {"error": {"status": 401, "message": "the token has expired: …"}}
another's path                      →  403
else                                →  the handler, `uid` being the caller's
"""

from onto.auth.authenticating import authenticate
from onto.auth.checks import AuthError, Verifier, check
from onto.auth.tokens import IssuedTokens, Tokens, firebase

__all__ = ["AuthError", "IssuedTokens", "Tokens", "Verifier", "authenticate", "check", "firebase"]
