%% A counter server.
-module(counter).
-behaviour(gen_server).
-export([start/1, bump/2]).

-define(LIMIT, 100).
-define(ADD(A, B), A + B).
-record(state, {count = 0 :: integer(), name}).
-type name() :: atom().

%% @doc Starts it.
-spec start(name()) -> {ok, pid()}.
start(Name) ->
    gen_server:start_link({local, Name}, ?MODULE, [], []).

bump(0, State) ->
    State;
bump(N, State) when N > 0 ->
    bump(N - 1, State).

-callback init(term()) -> ok.

'quoted fun'() -> ok.
