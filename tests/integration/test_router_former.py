"""A router serves clients of 0.3.0, beside those of this version."""

from chat_amqp.connection import connect
from chat_amqp.publisher import Publication, Publisher
from chat_wire.codec import encode
from chat_wire.messages import Batch, Post, Posts, PostsRefused, SessionEnded
from chat_wire.names import sender_id
from testkit.former import FormerChatter, former_member
from testkit.processes import System
from testkit.tokens import member
from testkit.wait import until


def refusal(chatter: FormerChatter) -> PostsRefused:
    chatter.hear(lambda: chatter.replies)
    found = chatter.replies.pop(0)
    assert isinstance(found, PostsRefused)
    return found


def test_former_clients_and_others_hear_each_other_and_see_the_same_of_a_sender(system: System) -> None:
    system.started("router")
    ann, bob = member(system, "ann"), former_member(system, "bob")
    chatters = (ann, bob)
    for chatter in chatters:
        chatter.join()

    sent = [*ann.post("hola"), *bob.post("hello")]

    for chatter in chatters:
        chatter.hear(lambda chatter=chatter: len(chatter.ids()) == len(sent))
        assert sorted(chatter.ids()) == sorted(sent)
        batches = [entry for _, entry in chatter.entries if isinstance(entry, Batch)]
        authors = {run.user: run.author for batch in batches for run in batch.runs}
        assert authors == {"ann": sender_id(ann.secret, "ann"), "bob": sender_id(bob.secret, "bob")}


def test_what_the_broker_does_not_check_of_a_former_client_the_router_checks(system: System) -> None:
    system.started("router")
    ann, late = former_member(system, "ann"), former_member(system, "late", expires_in=-1)
    ann.join()

    late.post("too late")
    assert refusal(late).reason == "invalid_token"
    ann.post("nowhere", room="cellar")
    assert refusal(ann).reason == "unknown_room"
    body = encode(Posts(token=ann.token, room="lobby", posts=(Post(sequence=9, client_ts=0, text="x"),)))
    ann.publish("chat.ingress", "4", body)
    assert refusal(ann).reason == "wrong_partition"
    (said,) = ann.post("here")
    ann.hear(lambda: ann.ids() == [said])


def test_a_former_session_that_has_ended_is_refused(system: System) -> None:
    system.started("router")
    ann = former_member(system, "ann")
    assert ann.granted
    ended = SessionEnded(session=ann.granted.session, expires=ann.granted.expires, reason="exited")
    with connect(system.url("registry"), "test") as registry:
        publisher = Publisher(registry.channel())
        publisher.publish(Publication(exchange="chat.sessions", routing_key="", body=encode(ended)))

        def refused() -> bool:
            ann.post("am I still here?")
            ann.drain()
            return any(isinstance(reply, PostsRefused) for reply in ann.replies)

        until(refused)
