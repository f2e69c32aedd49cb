// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// Every way in which a call can fail, and one in which it goes on too long.
contract Faults {
    uint256[] private items;
    uint256 public counter;

    error Refused(uint256 code, string why);

    function reason(string calldata text) external pure {
        revert(text);
    }

    function custom(uint256 code) external pure {
        revert Refused(code, "by rule");
    }

    function silent() external pure {
        require(false);
    }

    function assertion() external pure {
        assert(false);
    }

    function overflow(uint8 value) external pure returns (uint8) {
        return value + 255;
    }

    function division(uint256 by) external pure returns (uint256) {
        return 1 / by;
    }

    function outOfBounds(uint256 index) external view returns (uint256) {
        return items[index];
    }

    function forever() external {
        while (true) counter++;
    }

    function increment() external returns (uint256) {
        return ++counter;
    }

    receive() external payable {
        revert("no ether, please");
    }
}
