"""What parts of a path may hold, where Starlette's own convertors hold too little. Importing this makes them known."""

from starlette.convertors import Convertor, register_url_convertor


class _Customer(Convertor[str]):
    """An id of a customer: any characters, slashes and line ends included."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        """Return the id as written."""
        return value

    def to_string(self, value: str) -> str:
        """Return the id as written."""
        return value


register_url_convertor("customer", _Customer())
ANY_NAME = "{name:customer}"  # the part of a path that is the parameter `name`
