// SPDX-License-Identifier: MIT
// An account that does what it is told, and, when it is told of money that comes or goes, does once what it was told to do then.
pragma solidity 0.8.37;

/// @notice What a token tells its holders, in the manner of ERC-777.
interface IHooks {
    function tokensToSend() external;
    function tokensReceived() external;
}

contract Puppet is IHooks {
    enum Mood {
        Plays,
        Refuses,
        BurnsGas
    }

    Mood private _mood;
    address[] private _targets;
    bytes[] private _calls;
    bytes4[] private _answers;

    function set(Mood mood) external {
        _mood = mood;
    }

    /// @notice What it will do, once, at the next hook.
    function program(address[] calldata targets, bytes[] calldata calls) external {
        _targets = targets;
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) _calls.push(calls[i]);
        delete _answers;
    }

    function act(address target, bytes calldata data) external payable {
        (bool done, bytes memory answer) = target.call{value: msg.value}(data);
        if (done) return;
        // Safe: reads what the call answered.
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    /// @notice What each call failed with, in their order; zero for those that did not.
    function answersOf() external view returns (bytes4[] memory) {
        return _answers;
    }

    function tokensToSend() external {
        _play();
    }

    function tokensReceived() external {
        _play();
    }

    receive() external payable {
        _play();
    }

    function _play() private {
        require(_mood != Mood.Refuses, "no");
        if (_mood == Mood.BurnsGas) {
            // Safe: takes all the gas there is and nothing else.
            assembly ("memory-safe") {
                invalid()
            }
        }
        address[] memory targets = _targets;
        bytes[] memory calls = _calls;
        delete _targets;
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool done, bytes memory answer) = targets[i].call{value: address(this).balance / 2}(calls[i]);
            // Says nothing because it takes no coins, perhaps.
            if (!done && answer.length == 0) (done, answer) = targets[i].call(calls[i]);
            _answers.push(done ? bytes4(0) : answer.length == 0 ? bytes4(0xffffffff) : bytes4(answer));
        }
    }
}
