// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Counter {
    uint256 public count;
    address public immutable owner = msg.sender;

    event Incremented(address indexed by, uint256 count);

    error NotOwner(address caller);

    function increment(uint256 by) external {
        require(by > 0, "increment by nothing");
        count += by;
        emit Incremented(msg.sender, count);
    }

    function reset() external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        count = 0;
    }
}
